
/// The length of the command data, of which a first part was received: Java Card 2.2.1 has no `getIncomingLength`. Where
/// data came, their length stands before them.
fn incoming_length(apdu: APDU, received: usize) -> usize {
    if received == 0 {
        return 0;
    }
    apdu.getBuffer()[DATA - 1] as usize
}
