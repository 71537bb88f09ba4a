//! STORE DATA (GPCS 2.3.1 §11.11): to the security domain, or passed on to the application that INSTALL \[for
//! personalization\] has named.

use scp::Command;

use super::stop::{CONDITIONS, Stop, WRONG_DATA, WRONG_LENGTH};
use super::{Answer, CardManager, OK, tlv, write};
use crate::registry::ApplicationId;
use crate::runtime::Runtime;

/// P1: the last block.
const LAST: u8 = 0x80;

impl CardManager {
    pub(super) fn store_data(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        command: &Command,
    ) -> Result<Answer, Stop> {
        let Some(application) = self.personalized else {
            return self.store_own_data(runtime, domain, command);
        };
        if command.p1 & LAST != 0 {
            self.personalized = None;
        }
        let plain = command.to_bytes().map_err(|_| WRONG_LENGTH)?;
        let response = runtime
            .process_data(&mut self.domains, application, &plain)
            .map_err(Stop::Status)?;
        Ok((response, OK))
    }

    /// The issuer's own data objects: issuer identification number and card image number.
    fn store_own_data(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        command: &Command,
    ) -> Result<Answer, Stop> {
        if domain != ApplicationId::ISSUER_SECURITY_DOMAIN {
            return Err(CONDITIONS);
        }
        let mut data = self.data.clone();
        for (tag, value) in tlv::all(&command.data)? {
            match tag {
                0x42 => data.issuer_identification = value.to_vec(),
                0x45 => data.card_image = value.to_vec(),
                _ => return Err(WRONG_DATA),
            }
        }
        write(runtime)?;
        self.data = data;
        Ok((Vec::new(), OK))
    }
}
