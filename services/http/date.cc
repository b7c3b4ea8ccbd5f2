// SPDX-License-Identifier: ISC
#include "services/http/date.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace minetd::http {
namespace {

constexpr std::string_view days = "SunMonTueWedThuFriSat";
constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::time_t year_0 = -62'167'219'200, year_9999_ends = 253'402'300'799;

char* put(char* at, std::string_view text) noexcept {
    return std::ranges::copy(text, at).out;
}

char* put_digits(char* at, int number, int digits) noexcept {
    for (int i = digits; i-- > 0; number /= 10) at[i] = static_cast<char>('0' + number % 10);
    return at + digits;
}

/// Reads a date piece by piece; once something is not as it should be, nothing is any more.
class Reader {
  public:
    explicit Reader(std::string_view text) noexcept : rest_(text) {}

    void expect(std::string_view text) noexcept {
        if (!rest_.starts_with(text)) good_ = false;
        skip(text.size());
    }
    int number(std::size_t digits) noexcept {
        int value = 0;
        for (const char c : rest_.substr(0, digits)) {
            if (c < '0' || c > '9') good_ = false;
            value = value * 10 + (c - '0');
        }
        skip(digits);
        return value;
    }
    int month() noexcept {
        const std::size_t at = rest_.size() < 3 ? months.npos : months.find(rest_.substr(0, 3));
        if (at == months.npos || at % 3 != 0) good_ = false;
        skip(3);
        return static_cast<int>(at / 3);
    }
    void time(std::tm& date) noexcept {
        date.tm_hour = number(2);
        expect(":");
        date.tm_min = number(2);
        expect(":");
        date.tm_sec = number(2);
    }
    bool next_is(char c) const noexcept { return rest_.starts_with(c); }
    bool done() const noexcept { return good_ && rest_.empty(); }

  private:
    void skip(std::size_t count) noexcept {
        if (count > rest_.size()) good_ = false;
        rest_.remove_prefix(std::min(count, rest_.size()));
    }

    std::string_view rest_;
    bool good_ = true;
};

// The name of the day says nothing that the rest does not; it is not compared.
bool read_imf(std::string_view after_day, std::tm& date) noexcept {
    Reader reader(after_day);
    reader.expect(", ");
    date.tm_mday = reader.number(2);
    reader.expect(" ");
    date.tm_mon = reader.month();
    reader.expect(" ");
    date.tm_year = reader.number(4) - 1900;
    reader.expect(" ");
    reader.time(date);
    reader.expect(" GMT");
    return reader.done();
}

bool read_rfc850(std::string_view after_day, std::tm& date) noexcept {
    Reader reader(after_day);
    reader.expect(", ");
    date.tm_mday = reader.number(2);
    reader.expect("-");
    date.tm_mon = reader.month();
    reader.expect("-");
    const int year = reader.number(2);
    date.tm_year = year < 70 ? year + 100 : year;
    reader.expect(" ");
    reader.time(date);
    reader.expect(" GMT");
    return reader.done();
}

bool read_asctime(std::string_view after_day, std::tm& date) noexcept {
    Reader reader(after_day);
    reader.expect(" ");
    date.tm_mon = reader.month();
    reader.expect(" ");
    if (reader.next_is(' ')) {
        reader.expect(" ");
        date.tm_mday = reader.number(1);
    } else {
        date.tm_mday = reader.number(2);
    }
    reader.expect(" ");
    reader.time(date);
    reader.expect(" ");
    date.tm_year = reader.number(4) - 1900;
    return reader.done();
}

}  // namespace

DateText format_date(std::time_t moment) noexcept {
    moment = std::clamp(moment, year_0, year_9999_ends);
    std::tm date{};
    ::gmtime_r(&moment, &date);
    DateText text;
    char* at = put(text.data(), days.substr(static_cast<std::size_t>(date.tm_wday) * 3, 3));
    at = put_digits(put(at, ", "), date.tm_mday, 2);
    at = put(put(at, " "), months.substr(static_cast<std::size_t>(date.tm_mon) * 3, 3));
    at = put_digits(put(at, " "), date.tm_year + 1900, 4);
    at = put_digits(put(at, " "), date.tm_hour, 2);
    at = put_digits(put(at, ":"), date.tm_min, 2);
    at = put_digits(put(at, ":"), date.tm_sec, 2);
    put(at, " GMT");
    return text;
}

std::optional<std::time_t> parse_date(std::string_view text) noexcept {
    const std::size_t day = text.find_first_of(", ");
    if (day == text.npos) return std::nullopt;
    const std::string_view rest = text.substr(day);
    std::tm date{};
    if (!read_imf(rest, date) && !read_rfc850(rest, date = {}) && !read_asctime(rest, date = {}))
        return std::nullopt;
    if (date.tm_mday < 1 || date.tm_mday > 31 || date.tm_hour > 23 || date.tm_min > 59 ||
        date.tm_sec > 60)
        return std::nullopt;
    return ::timegm(&date);
}

}  // namespace minetd::http
