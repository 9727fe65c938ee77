//! What people meet when they write a persona file.

mod mistakes;
mod reading;
mod sample;
