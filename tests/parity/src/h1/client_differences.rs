//! What an HTTP/1 client does otherwise than hyper 1.12.0, on purpose.

use crate::differences::{Difference, How};

use super::scenario::ClientScenario;

pub const CLIENT: &[Difference<ClientScenario>] = &[];
