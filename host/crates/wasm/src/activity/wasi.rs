use soloist_core::FunctionName;
use wasmtime_wasi::{FsPerms, WasiCtx};

use crate::grants::{Access, Grant};
use crate::notes::Notes;
use crate::output::Output;
use crate::wasi::RANDOM_BYTES_MAX;

/// What an activity sees of the world through WASI, but for HTTP. Clocks and random numbers are real.
pub(super) struct Wasi {
    pub(super) context: WasiCtx,
    stdout: Output,
    stderr: Output,
}

impl Wasi {
    /// No more than is granted. Sockets are not there at all: `refusals` answers for them.
    pub(super) fn new(function: &FunctionName, grant: &Grant, notes: &Notes) -> Self {
        let stdout = Output::of_activity("stdout", function.to_string());
        let stderr = Output::of_activity("stderr", function.to_string());
        let mut builder = WasiCtx::builder();
        builder
            .stdout(stdout.clone())
            .stderr(stderr.clone())
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .max_random_size(RANDOM_BYTES_MAX);
        for variable in &grant.env {
            builder.env(&variable.name, &variable.value);
        }
        for directory in &grant.dirs {
            let perms = match directory.access {
                Access::ReadOnly => FsPerms::ReadOnly,
                Access::ReadWrite => FsPerms::ReadWrite,
            };
            let path = &directory.path;
            // Opened for each call, so that a directory that was put in another's place is seen.
            let opened = builder.preopened_dir(path, &directory.guest_path, perms);
            if let Err(error) = opened.map(drop) {
                notes.refused(format!(
                    "the directory {path}, which dirs of [function.{function}] grants, cannot be opened: {}",
                    error.root_cause()
                ));
            }
        }
        Self {
            context: builder.build(),
            stdout,
            stderr,
        }
    }

    /// Logs what was printed without an end of line, and returns the end of what was written to standard error.
    pub(super) fn finish(&self) -> String {
        self.stdout.finish();
        self.stderr.finish()
    }
}
