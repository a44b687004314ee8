//! Generics: under construction in this commit.
