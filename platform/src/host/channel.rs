use super::apdu::HostApdu;
use super::card::HostConfig;
use crate::{Apdu, Result, SecureChannel, StatusWord};
use scp::scp03::CardError;
use scp::{CardKeySet, CardParameters, CardSession};
use se_crypto::Drbg;
use std::cell::RefCell;
use std::rc::Rc;
use std::vec::Vec;

/// The security domain of the applets, and its one channel.
pub(super) struct Channel {
    session: CardSession,
    key_sets: Vec<CardKeySet>,
    parameters: CardParameters,
    instance: Vec<u8>,
    /// Unused while card challenges are pseudo-random.
    random: Drbg,
}

impl Channel {
    pub(super) fn new(config: &HostConfig) -> Self {
        Self {
            session: CardSession::new(),
            key_sets: std::vec![config.keys.clone()],
            parameters: CardParameters::default(),
            instance: Vec::new(),
            random: Drbg::from_seed(config.seed).stream("challenge"),
        }
    }

    /// From now on this instance uses it.
    pub(super) fn belongs_to(&mut self, instance: &[u8]) {
        self.instance = instance.to_vec();
    }

    pub(super) fn close(&mut self) {
        self.session.reset();
    }
}

/// The applet's end of an SCP03 secure channel.
pub struct HostChannel(Rc<RefCell<Channel>>);

impl HostChannel {
    pub(super) fn new(channel: &Rc<RefCell<Channel>>) -> Self {
        Self(Rc::clone(channel))
    }
}

impl SecureChannel<HostApdu> for HostChannel {
    fn process_security(&mut self, apdu: &mut HostApdu) -> Result {
        let Channel {
            session,
            key_sets,
            parameters,
            instance,
            random,
        } = &mut *self.0.borrow_mut();
        let response = session
            .process(parameters, key_sets, instance, random, apdu.command())
            .map_err(status)?;
        apdu.reply(&response);
        Ok(())
    }

    fn security_level(&self) -> u8 {
        self.0.borrow().session.security_level()
    }

    fn receive(&mut self, apdu: &mut HostApdu) -> Result<usize> {
        let plain = self
            .0
            .borrow_mut()
            .session
            .unwrap(apdu.command())
            .map_err(status)?;
        let plain = apdu_spec::Command::parse(&plain).map_err(|_| StatusWord::WRONG_LENGTH)?;
        apdu.replace_data(plain.data);
        apdu.receive()
    }

    fn send(&mut self, apdu: &mut HostApdu, length: usize) -> Result {
        let mut response = apdu.buffer()[..length].to_vec();
        response.extend(StatusWord::SUCCESS.to_bytes());
        let wrapped = self
            .0
            .borrow_mut()
            .session
            .wrap(&response)
            .map_err(status)?;
        match wrapped.split_last_chunk::<2>() {
            Some((data, _)) => apdu.reply(data),
            None => return Err(StatusWord::UNKNOWN),
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.0.borrow_mut().close();
    }
}

fn status(error: CardError) -> StatusWord {
    StatusWord(error.status_word())
}
