use grafos_std::Output;

#[grafos_std::tasklet]
pub fn greet(input: &[u8]) -> Output {
    Output::json([("bytes", input.len().into())])
}

mod other {
    /// A function with an attribute of its own, a visibility and a label.
    #[allow(dead_code)]
    #[grafos_std::tasklet]
    #[inline(never)]
    pub(crate) fn r#move(input: &[u8]) -> Result<Vec<u8>, &'static str> {
        if input.is_empty() {
            return Err("empty_input");
        }
        Ok(input.to_vec())
    }
}

#[test]
fn the_function_stays_as_it_is() {
    assert_eq!(greet(b"abc").bytes(), b"{\"bytes\":3}");
    assert_eq!(other::r#move(b""), Err("empty_input"));
}
