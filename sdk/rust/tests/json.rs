use grafos::Json;

#[test]
fn valid_texts_come_back_without_blanks() {
    let rows = [
        ("null", "null"),
        (" [ 1 , [ ] , { } ] \r\n\t", "[1,[],{}]"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("9223372036854775808", "9223372036854775808"),
        ("-0", "-0"),
        ("1.50", "1.50"),
        ("1E+2", "1E+2"),
        (r#""\u00e4\u20AC\ud83d\ude00\/""#, "\"ä€😀/\""),
        (r#""\b\t\n\f\r\u0000\u001f\"\\""#, r#""\b\t\n\f\r\u0000\u001f\"\\""#),
        (r#"{"b":1,"a":{"c":[null,true,false]},"b":2}"#, r#"{"b":1,"a":{"c":[null,true,false]},"b":2}"#),
    ];
    for (text, expected) in rows {
        assert_eq!(Json::parse(text.as_bytes()).map(|json| json.to_string()), Ok(expected.to_string()), "{}", text);
    }
    let deepest = format!("{}{}", "[".repeat(128), "]".repeat(128));
    assert_eq!(Json::parse(deepest.as_bytes()).unwrap().to_string(), deepest);
}

#[test]
fn invalid_texts_are_refused_with_a_label_and_a_place() {
    let too_deep = "{\"a\":".repeat(100_000);
    let rows: &[(&[u8], &str, usize)] = &[
        (b"", "unexpected_end", 0),
        (b"nul", "unexpected_character", 0),
        (b"01", "invalid_number", 0),
        (b"-", "unexpected_end", 1),
        (b"-a", "invalid_number", 1),
        (b".5", "unexpected_character", 0),
        (b"1.", "unexpected_end", 2),
        (b"1.e1", "invalid_number", 2),
        (b"1 2", "unexpected_character", 2),
        (b"[1,]", "unexpected_character", 3),
        (b"[1 2]", "unexpected_character", 3),
        (b"[1", "unexpected_end", 2),
        (b"{\"a\":1,}", "unexpected_character", 7),
        (b"{\"a\" 1}", "unexpected_character", 5),
        (b"{'a':1}", "unexpected_character", 1),
        (b"\"abc", "unexpected_end", 4),
        (b"\"a\nb\"", "control_character", 2),
        (b"\"\\x41\"", "invalid_escape", 1),
        (b"\"\\u12g4\"", "invalid_escape", 1),
        (b"\"\\u+123\"", "invalid_escape", 1),
        (b"\"\\ud800\"", "lone_surrogate", 1),
        (b"\"\\udc00\"", "lone_surrogate", 1),
        (b"\"\\ud800\\ud800\"", "lone_surrogate", 1),
        (b"\xef\xbb\xbf1", "unexpected_character", 0),
        (b"\"\xed\xa0\x80\"", "invalid_utf8", 1),
        (b"\"a\xff\"", "invalid_utf8", 2),
        (too_deep.as_bytes(), "too_deep", 640),
    ];
    for (text, label, offset) in rows {
        let error = Json::parse(text).unwrap_err();
        assert_eq!((error.label, error.offset), (*label, *offset), "{:?}", String::from_utf8_lossy(&text[..text.len().min(20)]));
    }
}

#[test]
fn accessors_say_none_of_another_type() {
    let json = Json::parse(br#"{"a":1,"a":2,"b":[true,"x",1.5],"c":18446744073709551615,"d":-1}"#).unwrap();
    assert_eq!(json.get("a").and_then(Json::as_i64), Some(2));
    let items = json.get("b").unwrap();
    assert_eq!(items.as_array().map(<[Json]>::len), Some(3));
    assert_eq!(items.at(0).and_then(Json::as_bool), Some(true));
    assert_eq!(items.at(1).and_then(Json::as_str), Some("x"));
    assert_eq!(items.at(2).and_then(Json::as_f64), Some(1.5));
    assert_eq!(items.at(2).and_then(Json::as_i64), None);
    assert_eq!(items.at(3), None);
    assert_eq!(json.get("c").and_then(Json::as_u64), Some(u64::MAX));
    assert_eq!(json.get("c").and_then(Json::as_i64), None);
    assert_eq!(json.get("d").and_then(Json::as_u64), None);
    assert_eq!(json.at(0), None);
    assert_eq!(json.get("z"), None);
}

#[test]
fn values_are_made() {
    let json = Json::from([("n", Json::from(u64::MAX)), ("f", Json::float(100.0)), ("i", Json::float(f64::INFINITY)), ("l", vec![Json::from("a")].into())]);
    assert_eq!(json.to_string(), r#"{"n":18446744073709551615,"f":100,"i":null,"l":["a"]}"#);
}

#[test]
fn whole_numbers_of_every_type_are_exact() {
    let rows = [
        (Json::from(i8::MIN), "-128"),
        (Json::from(u8::MAX), "255"),
        (Json::from(i16::MIN), "-32768"),
        (Json::from(u16::MAX), "65535"),
        (Json::from(i32::MIN), "-2147483648"),
        (Json::from(u32::MAX), "4294967295"),
        (Json::from(i64::MIN), "-9223372036854775808"),
        (Json::from(u64::MAX), "18446744073709551615"),
        (Json::from(i128::MIN), "-170141183460469231731687303715884105728"),
        (Json::from(u128::MAX), "340282366920938463463374607431768211455"),
        (Json::from(-1_isize), "-1"),
        (Json::from("abc".len()), "3"),
        (Json::from(7), "7"),
    ];
    for (json, text) in rows {
        assert_eq!(json.to_string(), text);
        assert_eq!(Json::parse(text.as_bytes()), Ok(json));
    }
}

#[test]
fn floats_read_back_as_they_were() {
    for value in [0.1, -0.0, 1e300, 5e-324, 123456789.125, f64::MAX, 1e16] {
        let json = Json::from(value);
        assert_eq!(Json::parse(json.to_string().as_bytes()).unwrap().as_f64().map(f64::to_bits), Some(f64::to_bits(value)));
        assert_eq!(json, Json::float(value));
    }
    assert_eq!(Json::from(0.1_f32).to_string(), "0.1");
    assert_eq!(Json::from(2.0_f32).to_string(), "2");
    assert_eq!(Json::from(f32::NAN), Json::Null);
    assert_eq!(Json::from(f64::NEG_INFINITY), Json::Null);
}

#[test]
fn an_output_is_made_of_whatever_json_is_made_of() {
    assert_eq!(grafos::Output::json([("n", 1.into())]).bytes(), b"{\"n\":1}");
    assert_eq!(grafos::Output::json(1.5_f32).bytes(), b"1.5");
    assert_eq!(grafos::Output::json("a").bytes(), b"\"a\"");
}
