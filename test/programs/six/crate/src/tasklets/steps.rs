use grafos_std::Json;

/// Steps of the generator in one round.
const STEPS: u32 = 10_000_000;

/// A long run: takes steps of a generator (xorshift, Marsaglia 2003) and logs its state after each
/// round.
#[grafos_std::tasklet]
pub fn steps(input: &[u8]) -> Result<Json, &'static str> {
    let rounds = Json::parse(input).map_err(|error| error.label)?;
    let rounds = rounds.get("rounds").and_then(Json::as_u64).ok_or("invalid_input")?;
    let mut state: u32 = 2463534242;
    for round in 1..=rounds {
        for _ in 0..STEPS {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
        }
        grafos_std::info(&format!("round {} of {}: {}", round, rounds, state));
    }
    Ok(Json::from([("state", state.into())]))
}
