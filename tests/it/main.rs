//! Everything that needs no terminal and no cluster, in one program: one file for each thing that is tested. The folders
//! beside hold its data (`tests/cases`, `tests/data`, `tests/refusals`).

#[path = "../support/mod.rs"]
mod support;

mod advice;
mod agreement;
mod architecture;
mod cases;
mod check;
mod cli;
mod cluster_connect;
mod cluster_hostile;
mod cluster_watch;
mod config;
mod conformance_refusals;
mod conformance_requests;
mod conformance_statuses;
mod conformance_tables;
mod decisions;
mod diff;
mod expectations;
mod fidelity;
mod files;
mod findings;
mod info;
mod invisible;
mod limits;
mod live;
mod namespaces;
mod permissions;
mod pipelines;
mod properties;
mod reading;
mod readme;
mod refusals;
mod repository;
mod requests;
mod said;
mod screens;
mod snapshot;
mod words;
