//! The random worlds of the property tests.
#![allow(dead_code)]

#[path = "../../../tests/support/poison.rs"]
pub mod poison;
#[path = "../../../tests/support/worlds.rs"]
pub mod worlds;
