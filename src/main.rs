//! The `minipach` program: hands the command line to `cli` and turns the result into an exit code.

fn main() -> std::process::ExitCode {
    minipach::cli::main().into()
}
