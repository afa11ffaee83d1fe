//! What this process holds in memory stays there: no core dump, no look into it by others of the same user, no swap where the system
//! allows that.

use anyhow::{Context, Result};
use rustix::{
    mm::{MlockAllFlags, mlockall},
    process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit},
};

/// The bit of the capability that locks memory without a limit.
const CAP_IPC_LOCK: u32 = 14;

/// Frames, palms and keys in memory must not reach the disk, whatever happens.
pub(crate) fn keep_memory_private() -> Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).context("cannot switch core dumps off")?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).context("cannot keep others out of this memory")?;
    wipe_what_c_frees();
    if !may_lock() {
        tracing::warn!(
            "memory may be swapped to the disk: this user may not lock it. Set LimitMEMLOCK=infinity (ulimit -l unlimited), or swap off"
        );
        return Ok(());
    }
    // On fault: what is only reserved takes no memory.
    let all = MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT;
    match mlockall(all) {
        Ok(()) => tracing::info!("memory is locked: nothing of it is swapped to the disk"),
        Err(error) => tracing::warn!(%error, "memory may be swapped to the disk: it cannot be locked"),
    }
    Ok(())
}

/// Has the C library overwrite what is freed: SQLite keeps pages of the store in its memory.
fn wipe_what_c_frees() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: sets a number that later calls of malloc and free read.
    if unsafe { libc::mallopt(libc::M_PERTURB, 1) } == 0 {
        tracing::warn!("what the store's library frees is not overwritten at once");
    }
}

/// Whether all memory can be locked, however much is needed later: with a limit, whatever came after it would fail.
pub(crate) fn may_lock() -> bool {
    if getrlimit(Resource::Memlock).current.is_none() {
        return true;
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let mask = mask.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << CAP_IPC_LOCK) != 0)
}
