//! One file for each plot: how it is measured, and what it shows.

mod beside;
pub(super) mod completed;
pub(super) mod concurrency;
pub(super) mod fairness;
pub(super) mod replay;
pub(super) mod sleepers;
pub(super) mod steps;
