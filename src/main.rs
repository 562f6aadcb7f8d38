//! The `minipach` program: hands the command line to `cli` and turns the result into an exit code.

/// Scans and plans make and free millions of small values in several threads, which this one does best.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    minipach::cli::main().into()
}
