//! What is fuzzed: one function for each target. Nothing may panic, hang or grow; what each holds beyond that is said there.

mod explorer;
mod kubeconfig;
pub mod mutate;
mod regex;
mod request;
mod screens;
pub mod seeds;
mod source;
mod support;
mod watch;
mod world;

pub use explorer::explorer;
pub use kubeconfig::kubeconfig;
pub use regex::re2;
pub use request::request;
pub use source::source;
pub use watch::watch;
pub use world::world;
