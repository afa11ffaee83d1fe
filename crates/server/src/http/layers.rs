//! What happens around every request, outermost first: a name and a line in the log, headers, problems written, the
//! host and the origin checked, and the handler run to its end.

pub mod frames;
pub mod host;
pub mod origin;
pub mod pace;
pub mod problems;
pub mod request_id;
pub mod security;
pub mod to_the_end;
