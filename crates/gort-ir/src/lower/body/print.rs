//! `print` and `println`

use super::Body;
use super::shape::Shape;
use super::value::Val;
use crate::inst::Ty;
use gort_types::types::TypeId;

impl Body<'_, '_> {
    pub(super) fn print(&mut self, args: &[(TypeId, Val)], line: bool) {
        self.rt("printlock", Vec::new());
        for (i, (t, v)) in args.iter().enumerate() {
            if line && i > 0 {
                self.rt("printsp", Vec::new());
            }
            self.print_value(*t, v);
        }
        if line {
            self.rt("printnl", Vec::new());
        }
        self.rt("printunlock", Vec::new());
    }

    fn print_value(&mut self, t: TypeId, v: &Val) {
        let (name, words) = match self.shape(t) {
            Shape::Bool => ("printbool", vec![self.scalar(v)]),
            Shape::Int { signed, .. } => {
                let x = self.scalar(v);
                let x = self.adapt(x, Ty::I64, signed);
                let hex = self.is_hex(t);
                (
                    if hex {
                        "printhex"
                    } else if signed {
                        "printint"
                    } else {
                        "printuint"
                    },
                    vec![x],
                )
            }
            Shape::Float(ty) => {
                let x = self.nth(v, 0, ty);
                let x = self.adapt(x, Ty::F64, true);
                (if ty == Ty::F32 { "printfloat32" } else { "printfloat" }, vec![x])
            }
            Shape::Complex(ty) => {
                let parts = [0, 1].map(|i| {
                    let x = self.nth(v, i, ty);
                    self.adapt(x, Ty::F64, true)
                });
                (if ty == Ty::F32 { "printcomplex64" } else { "printcomplex" }, parts.to_vec())
            }
            Shape::String => ("printstring", vec![self.nth(v, 0, Ty::Ptr), self.nth(v, 1, Ty::I64)]),
            Shape::Slice(_) => {
                let words = vec![self.nth(v, 0, Ty::Ptr), self.nth(v, 1, Ty::I64), self.nth(v, 2, Ty::I64)];
                ("printslice", words)
            }
            Shape::Interface { .. } => ("printeface", vec![self.nth(v, 0, Ty::Ptr), self.nth(v, 1, Ty::Ptr)]),
            Shape::Pointer(_) | Shape::UnsafePointer | Shape::Chan(_) | Shape::Map | Shape::Func => {
                ("printpointer", vec![self.nth(v, 0, Ty::Ptr)])
            }
            Shape::Struct | Shape::Array(..) | Shape::Other => {
                let pos = self.b.pos;
                return self.surprise(pos, "print of a value that has no printed form");
            }
        };
        self.rt(name, words);
    }

    /// The runtime's own type `hex` is printed as such.
    fn is_hex(&self, t: TypeId) -> bool {
        let Some(named) = self.l.prog.named(t) else { return false };
        &*self.l.prog.objs[named.obj].name == "hex" && self.l.pkg_path(named.obj) == "runtime"
    }
}
