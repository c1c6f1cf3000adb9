//! What several test programs share.
#![allow(dead_code, unused_macros, unused_imports)] // each test program uses its own part

pub mod apiserver;
pub mod conformance;
pub mod connect_server;
pub mod follower;
pub mod poison;
pub mod real;
pub mod show;
pub mod worlds;
