//! The explorer of the screen tests.
#![allow(dead_code)]

#[path = "../../../tests/it/screens/explorer.rs"]
pub mod explorer;
#[path = "../../../tests/it/screens/steps.rs"]
pub mod steps;
