//! Numbers as Perl reads, compares and prints them.

use std::borrow::Cow;
use std::cmp::Ordering;

/// `[+-]?\d+`.
#[must_use]
pub fn is_integer(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// `\d+(\.\d+)?`: a number at the top level of a guest config.
#[must_use]
pub fn is_unsigned(text: &[u8]) -> bool {
    let (whole, fraction) = split_at_dot(text);
    let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    digits(whole) && fraction.is_none_or(digits)
}

/// Sign, digits with a `.` somewhere, exponent: `is_number` in `PVE/JSONSchema.pm`.
#[must_use]
pub fn is_number(text: &[u8]) -> bool {
    let unsigned = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    let (mantissa, exponent) = match memchr::memchr2(b'e', b'E', unsigned) {
        Some(at) => {
            let (mantissa, exponent) = unsigned.split_at(at);
            (mantissa, exponent.get(1..))
        }
        None => (unsigned, None),
    };
    let (whole, fraction) = split_at_dot(mantissa);
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let some = !whole.is_empty() || fraction.is_some_and(|part| !part.is_empty());
    some && digits(whole) && fraction.is_none_or(digits) && exponent.is_none_or(is_integer)
}

/// A text that [`is_integer`], as a number, when it fits.
#[must_use]
pub fn integer(text: &[u8]) -> Option<i64> {
    if is_integer(text) { std::str::from_utf8(text).ok()?.parse().ok() } else { None }
}

/// The number Perl takes a text for: its longest numeric beginning after blanks, else 0.
#[must_use]
pub fn prefix(text: &[u8]) -> f64 {
    let text = text.trim_ascii_start();
    (1..=text.len()).rev().filter_map(|end| text.get(..end)).find(|part| is_number(part)).map_or(0.0, float)
}

/// Compares a text that [`is_number`] with `bound`.
#[must_use]
pub fn compare(text: &[u8], bound: i64) -> Ordering {
    if let Some(number) = integer(text) {
        return number.cmp(&bound);
    }
    #[expect(clippy::cast_precision_loss, reason = "Perl compares as floating point numbers here, too")]
    let bound = bound as f64;
    float(text).partial_cmp(&bound).unwrap_or(Ordering::Equal)
}

/// How Perl prints `text + 0`, or `int(text)` when the text is all digits; `text` is some number.
#[must_use]
pub fn canonical(text: &[u8]) -> Cow<'_, [u8]> {
    if is_canonical(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(print_float(float(text), memchr::memchr2(b'e', b'E', text).is_some(), integral(text)).into_bytes())
}

/// No sign, no leading zero, few enough digits to be exact.
fn is_canonical(text: &[u8]) -> bool {
    text == b"0"
        || (text.len() <= 18 && text.iter().all(u8::is_ascii_digit) && text.first().is_some_and(|&first| first != b'0'))
}

/// The value of a whole number written without `.` and exponent.
fn integral(text: &[u8]) -> Option<i128> {
    if is_integer(text) { std::str::from_utf8(text).ok()?.parse().ok() } else { None }
}

fn print_float(value: f64, exponent: bool, exact: Option<i128>) -> String {
    const RANGE: std::ops::RangeInclusive<i128> = i64::MIN as i128..=u64::MAX as i128;
    if let Some(exact) = exact.filter(|exact| RANGE.contains(exact)) {
        return exact.to_string();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Inf".into() } else { "-Inf".into() };
    }
    if exact.is_none() && exponent && value.fract() == 0.0 {
        #[expect(clippy::cast_possible_truncation, reason = "saturates, and the range is tested below")]
        let whole = value as i128;
        if RANGE.contains(&whole) {
            return whole.to_string();
        }
    }
    general(value)
}

/// C's `%.15g`.
fn general(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let scientific = format!("{value:.14e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let trim = |digits: &str| {
        if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.').to_owned() } else { digits.into() }
    };
    if (-4..15).contains(&exponent) {
        let decimals = usize::try_from(14 - exponent).unwrap_or_default();
        trim(&format!("{value:.decimals$}"))
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{}e{sign}{:02}", trim(mantissa), exponent.unsigned_abs())
    }
}

/// `int(number * factor)` as Perl prints it; `text` is `\d+(\.\d+)?`.
#[must_use]
pub fn scaled(text: &[u8], factor: u64) -> String {
    let exact = integral(text).and_then(|number| number.checked_mul(i128::from(factor)));
    if let Some(product) = exact.and_then(|product| u64::try_from(product).ok()) {
        return product.to_string();
    }
    #[expect(clippy::cast_precision_loss, reason = "the factors are powers of two")]
    let product = (float(text) * factor as f64).floor();
    if product < 18_446_744_073_709_551_616.0 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "tested just above; never negative"
        )]
        let whole = product as u64;
        whole.to_string()
    } else {
        print_float(product, false, None)
    }
}

fn float(text: &[u8]) -> f64 {
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn split_at_dot(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(b'.', text) {
        Some(at) => {
            let (whole, fraction) = text.split_at(at);
            (whole, fraction.get(1..))
        }
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canon(text: &str) -> String {
        String::from_utf8(canonical(text.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn numbers_print_as_perl_prints_them() {
        // Recorded from perl 5.36: `perl -e 'print "1.50" + 0'`.
        for (text, printed) in [
            ("-0", "0"),
            ("+8007", "8007"),
            ("1.50", "1.5"),
            ("1e3", "1000"),
            ("00012", "12"),
            ("18446744073709551615", "18446744073709551615"),
            ("18446744073709551616", "1.84467440737096e+19"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("-9223372036854775809", "-9.22337203685478e+18"),
            ("99999999999999999999", "1e+20"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1e400", "Inf"),
            ("-0.0", "0"),
            ("1e16", "10000000000000000"),
            ("1.8e19", "18000000000000000000"),
            ("-1e19", "-1e+19"),
            ("0.00001", "1e-05"),
            ("1234567.1234567890123", "1234567.12345679"),
            ("123456789012345678.0", "1.23456789012346e+17"),
            ("1.5e16", "15000000000000000"),
            ("4503599627370497.5", "4.5035996273705e+15"),
            ("1500000000000000.0", "1.5e+15"),
            ("4503599627370497.5e0", "4503599627370498"),
            ("900719925474099.5", "900719925474100"),
        ] {
            assert_eq!(canon(text), printed, "{text}");
        }
    }

    #[test]
    fn sizes_multiply_as_perl_multiplies() {
        for (text, factor, product) in [
            ("1024.5", 1 << 40, "1126449662656512"),
            ("1.5", 1 << 30, "1610612736"),
            ("99999999", 1 << 40, "1.09951161678088e+20"),
            ("18446744073709551616", 1, "1.84467440737096e+19"),
            ("16777215.99999", 1 << 40, "18446744073698555904"),
            ("0.3", 1, "0"),
        ] {
            assert_eq!(scaled(text.as_bytes(), factor), product, "{text}");
        }
    }

    #[test]
    fn what_counts_as_a_number() {
        for yes in ["1", "-1", "+1.5", "1.", ".5", "1e5", "1.e-5", "-.5E+7"] {
            assert!(is_number(yes.as_bytes()), "{yes}");
        }
        for no in ["", ".", "-", "1e", "e5", "1.2.3", "0x1", " 1", "1 ", "NaN", "1e5.0", "--1"] {
            assert!(!is_number(no.as_bytes()), "{no}");
        }
        assert!(is_unsigned(b"1.5") && !is_unsigned(b"1.") && !is_unsigned(b".5") && !is_unsigned(b"-1"));
        assert!((prefix(b"2G") - 2.0).abs() < f64::EPSILON && prefix(b"foo").abs() < f64::EPSILON);
    }
}
