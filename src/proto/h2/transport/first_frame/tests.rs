use super::Beginning;

#[test]
fn the_first_frame_is_complete_with_its_last_byte_however_it_comes() {
    // SETTINGS with two entries, and the next frame's first bytes.
    let mut wire = vec![0, 0, 12, 4, 0, 0, 0, 0, 0];
    wire.extend([0; 12]);
    let frame = wire.len();
    wire.extend([0, 0, 8]);
    for step in 1..=wire.len() {
        let mut beginning = Beginning::default();
        let mut seen = 0;
        for piece in wire.chunks(step) {
            seen += piece.len();
            beginning.see(piece);
            assert_eq!(
                beginning.is_complete(),
                seen >= frame,
                "{seen} bytes in steps of {step}"
            );
        }
    }
}

#[test]
fn an_empty_read_completes_nothing() {
    let mut beginning = Beginning::default();
    beginning.see(&[]);
    assert!(!beginning.is_complete());
}
