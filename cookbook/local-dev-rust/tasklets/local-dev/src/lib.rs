/// Says where it ran and how much input it was given.
pub fn compute(input: &[u8]) -> Result<String, &'static str> {
    Ok(format!(r#"{{"ran_in":"local-dev","input_bytes":{}}}"#, input.len()))
}

grafos::tasklet!(compute);

#[cfg(test)]
mod tests {
    use super::compute;

    #[test]
    fn counts_its_input() {
        assert_eq!(compute(b"").unwrap(), r#"{"ran_in":"local-dev","input_bytes":0}"#);
        assert_eq!(compute(b"abc").unwrap(), r#"{"ran_in":"local-dev","input_bytes":3}"#);
    }
}
