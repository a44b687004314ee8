package runtime

// defaultGOROOT is the root of the Go tree that the program was built with. The command puts another text in place of
// this file.
const defaultGOROOT = ""
