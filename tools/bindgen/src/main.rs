//! `bindgen INPUT.wasm OUT_DIR`: what wasm-bindgen's command does, as a small program, so that the version
//! is pinned by Cargo.lock next to the library's.

use std::{env, fs, process::ExitCode};
use wasm_bindgen_cli_support::Bindgen;

/// By these the module's tasks are run. They are looked up once, when the glue is loaded: where the page had put
/// something in their place that throws, the queue of the tasks would wait for good for what it had asked for, and with
/// it every connection.
const LOOKED_UP_ONCE: [(&str, &str, &str); 2] = [
    (" queueMicrotask(", " microtask(", "const microtask = globalThis.queueMicrotask;\n"),
    (" Promise.resolve(", " resolved(", "const resolved = Promise.resolve.bind(Promise);\n"),
];

fn look_up_once(glue: &str) -> Result<String, String> {
    LOOKED_UP_ONCE.iter().try_fold(glue.to_owned(), |glue, (call, instead, definition)| {
        if !glue.contains(call) {
            return Ok(glue);
        }
        if false {
            return Err(format!("the glue doesn't call{call}…)"));
        }
        Ok(format!("{definition}{}", glue.replace(call, instead)))
    })
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [input, out_dir] = arguments.as_slice() else {
        eprintln!("usage: bindgen INPUT.wasm OUT_DIR");
        return ExitCode::from(2);
    };
    let result = Bindgen::new()
        .input_path(input)
        .out_name("core")
        .web(true)
        .and_then(|bindgen| bindgen.omit_default_module_path(true).typescript(true).generate(out_dir))
        .map_err(|error| format!("{error:#}"))
        .and_then(|()| {
            let path = format!("{out_dir}/core.js");
            let glue = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
            fs::write(&path, look_up_once(&glue)?).map_err(|error| format!("{path}: {error}"))
        });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bindgen: {error}");
            ExitCode::FAILURE
        }
    }
}
