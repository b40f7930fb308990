use crate::Output;

/// Result of a tasklet's function: an output alone, or an output or an error label.
pub trait Answer {
    fn into_result(self) -> Result<Output, &'static str>;
}

impl Answer for Output {
    fn into_result(self) -> Result<Output, &'static str> {
        Ok(self)
    }
}

impl<Value: Into<Output>> Answer for Result<Value, &'static str> {
    fn into_result(self) -> Result<Output, &'static str> {
        self.map(Into::into)
    }
}
