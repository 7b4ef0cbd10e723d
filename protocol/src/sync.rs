//! What two replicas say to each other: digests first, then what differs. DESIGN §9; format §7, §9.

pub mod digest;
pub mod frame;
pub mod run;
pub mod session;
