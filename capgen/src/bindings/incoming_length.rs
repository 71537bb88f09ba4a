
/// The length of the command data, of which a first part was received.
fn incoming_length(apdu: APDU, _received: usize) -> usize {
    apdu.getIncomingLength() as usize
}
