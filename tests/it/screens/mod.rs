//! Keys in, screen out: the explorer without a terminal, a clock or a thread. Whole screens are snapshots, with a second
//! layer that says what each cell *means* (its role), because colours are a theme's business.

mod answers;
mod anything;
mod asking;
mod changes;
mod cluster;
mod commands;
mod compare;
mod contexts;
pub mod explorer;
mod export;
mod filters;
mod flashes;
mod invisible;
mod keys;
mod mouse;
mod moving;
mod overlay;
mod panes;
mod paths;
mod pins;
mod space;
mod steps;
mod views;
mod witness;
