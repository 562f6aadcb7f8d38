//! What the commands in a sandbox keep of the machine: one table for the run and for the script of its record.

/// Rights of the machine's administrator that are harmless where all is read-only: without them archives cannot be
/// unpacked and files of others not be read, as every container allows.
pub const SANDBOX_RIGHTS: [&str; 7] =
    ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID"];

/// What of `/proc` changes the machine itself when its administrator writes there: no right is needed but to own it.
pub const PROC_OF_THE_MACHINE: [&str; 8] =
    ["acpi", "bus", "fs", "irq", "mtrr", "scsi", "sys", "sysrq-trigger"];

/// How the names of devices that programs compute with begin.
pub const SANDBOX_DEVICES: [&str; 6] = ["nvidia", "dri", "kfd", "accel", "infiniband", "dxg"];
