//! `bindgen INPUT.wasm OUT_DIR`: what wasm-bindgen's command does, as a small program, so that the version
//! is pinned by Cargo.lock next to the library's.

use std::{env, fs, process::ExitCode};
use wasm_bindgen_cli_support::Bindgen;

/// The shim writes to the module's memory and reads from it.
const MEMORY: &str = "export function coreMemory() {\n    return wasm.memory;\n}\n";
const MEMORY_TYPE: &str = "export function coreMemory(): WebAssembly.Memory;\n";

fn append(path: &str, text: &str) -> Result<(), String> {
    let whole = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))? + text;
    fs::write(path, whole).map_err(|error| format!("{path}: {error}"))
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
        .and_then(|()| append(&format!("{out_dir}/core.js"), MEMORY))
        .and_then(|()| append(&format!("{out_dir}/core.d.ts"), MEMORY_TYPE));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bindgen: {error}");
            ExitCode::FAILURE
        }
    }
}
