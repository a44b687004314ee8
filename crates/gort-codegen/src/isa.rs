//! The target and Cranelift's settings.

use crate::error::Error;
use crate::module::Options;
use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};

const FLAGS: &[(&str, &str)] = &[
    ("enable_pinned_reg", "true"),
    ("preserve_frame_pointers", "true"),
    ("enable_probestack", "false"),
    ("unwind_info", "false"),
    ("is_pic", "false"),
    ("enable_heap_access_spectre_mitigation", "false"),
    ("enable_table_access_spectre_mitigation", "false"),
    // More than eight results would go through an absolute stack address; refuse instead.
    ("enable_multi_ret_implicit_sret", "false"),
];

/// The instruction set of this machine.
pub fn make(options: &Options) -> Result<OwnedTargetIsa, Error> {
    let fail = |e: String| Error::new("", e);
    let mut flags = settings::builder();
    for (name, value) in FLAGS {
        flags.set(name, value).map_err(|e| fail(format!("{name}: {e}")))?;
    }
    let level = if options.optimize { "speed" } else { "none" };
    flags.set("opt_level", level).map_err(|e| fail(e.to_string()))?;
    let verify = if options.verify { "true" } else { "false" };
    flags.set("enable_verifier", verify).map_err(|e| fail(e.to_string()))?;
    let mut builder = isa::lookup_by_name("x86_64").map_err(|e| fail(e.to_string()))?;
    for name in host_features() {
        builder.enable(name).map_err(|e| fail(format!("{name}: {e}")))?;
    }
    builder.finish(settings::Flags::new(flags)).map_err(|e| fail(e.to_string()))
}

#[cfg(target_arch = "x86_64")]
fn host_features() -> Vec<&'static str> {
    let mut out = Vec::new();
    macro_rules! detect {
        ($($feature:tt $flag:literal)*) => { $(if is_x86_feature_detected!($feature) { out.push($flag); })* };
    }
    detect!("sse3" "has_sse3" "ssse3" "has_ssse3" "sse4.1" "has_sse41" "sse4.2" "has_sse42"
            "popcnt" "has_popcnt" "bmi1" "has_bmi1" "bmi2" "has_bmi2" "lzcnt" "has_lzcnt");
    out
}

#[cfg(not(target_arch = "x86_64"))]
fn host_features() -> Vec<&'static str> {
    Vec::new()
}
