// The Go files of package runtime, for `include!` in the command: (name, text).
&[
    ("chan.go", include_str!("chan.go")),
    ("complex.go", include_str!("complex.go")),
    ("debug.go", include_str!("debug.go")),
    ("error.go", include_str!("error.go")),
    ("extern.go", include_str!("extern.go")),
    ("iface.go", include_str!("iface.go")),
    ("linkname_reflect.go", include_str!("linkname_reflect.go")),
    ("linkname_std.go", include_str!("linkname_std.go")),
    ("natives.go", include_str!("natives.go")),
    ("panic.go", include_str!("panic.go")),
    ("process.go", include_str!("process.go")),
    ("slice.go", include_str!("slice.go")),
    ("string.go", include_str!("string.go")),
    ("symtab.go", include_str!("symtab.go")),
    ("type.go", include_str!("type.go")),
]
