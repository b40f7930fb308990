mod tasklets {
    pub mod csv_rust;
    pub mod steps;
    pub mod thumbnail_rust;
}
