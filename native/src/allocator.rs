//! The allocator. That of the system may never return the large blocks of thousands of networks; mimalloc does, without
//! huge pages, with which each block would take up to 2 MiB more than its size, and which make nothing faster here.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Number of mimalloc's option `purge_delay`.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// When freed memory is returned to the system.
#[derive(Debug, Clone, Copy)]
pub enum Return {
    /// After 10 ms. The default is a second, in which a network that is scored would hold much more memory than it
    /// uses.
    Soon,
    /// After 10 s: training takes the same memory again in every step, and new pages would cost a third of its time.
    Late,
}

/// Returns freed memory to the system so late.
pub fn set(when: Return) {
    let milliseconds = match when {
        Return::Soon => 10,
        Return::Late => 10_000,
    };
    // SAFETY: it stores one number, which mimalloc reads when it next looks for memory to return.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, milliseconds) };
}
