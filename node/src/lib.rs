//! A running replica: performs what the protocol asks for, owns no rule.
//!
//! What is on disk: `home` lays it out, `journal` is the truth, `mark` keeps a sequence number from being used twice,
//! `keystore` holds secret keys, `config` what the owner chose. Whatever goes wrong there is one [`fault::Fault`].

pub mod api;
pub mod applicants;
pub mod audit;
pub mod backup;
pub mod candidacy;
pub mod carry;
pub mod clock;
pub mod config;
pub mod contribution;
pub mod cores;
pub mod door;
pub mod driver;
pub mod export;
pub mod fault;
pub mod files;
pub mod governing;
pub mod home;
pub mod identity;
pub mod index;
pub mod invitations;
pub mod journal;
pub mod keyring;
pub mod keystore;
pub mod mark;
pub mod network;
pub mod node;
pub mod problem;
pub mod reading;
pub mod repair;
pub mod signing;
pub mod store;
pub mod writing;
