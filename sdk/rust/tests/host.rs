use grafos::{testing, FabricMemory, HostError};

#[test]
fn the_stand_in_logs_tells_time_and_leases() {
    grafos::info("hello");
    grafos::error("no");
    assert_eq!(testing::take_log(), [(2, "hello".to_string()), (0, "no".to_string())]);
    assert_eq!(testing::take_log(), []);

    testing::set_clock(41);
    assert_eq!((grafos::clock(), grafos::clock()), (42, 43));

    testing::set_seed(7);
    let first = grafos::random_u64();
    testing::set_seed(7);
    assert_eq!(grafos::random_u64(), first);

    testing::set_context(r#"{"cell_id":"c-1"}"#);
    assert_eq!(grafos::context().to_string(), r#"{"cell_id":"c-1"}"#);

    assert_eq!(FabricMemory::size(), Err(HostError::Unsupported));
    testing::lease(Some(8));
    assert_eq!(FabricMemory::size(), Ok(8));
    assert_eq!(FabricMemory::write(6, b"abc"), Err(HostError::CapacityExceeded));
    assert_eq!(FabricMemory::write(u64::MAX, b"a").map_err(HostError::label), Err("capacity_exceeded"));
    assert_eq!(FabricMemory::write(5, b"abc"), Ok(()));
    let mut back = [9; 4];
    assert_eq!(FabricMemory::read(4, &mut back), Ok(()));
    assert_eq!(&back, b"\0abc");
}
