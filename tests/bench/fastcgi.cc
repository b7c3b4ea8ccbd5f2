// SPDX-License-Identifier: ISC

#include "tests/bench/fastcgi.h"

#include <stdexcept>

namespace minetd::bench {

namespace {

enum class Record : unsigned char { begin_request = 1, params = 4, stdin_stream = 5 };

constexpr std::size_t longest_short = 127;  // a length in one byte

// Version 1, type, request 1, length, no padding.
std::string record(Record type, std::string_view content) {
    const auto length = static_cast<unsigned>(content.size());
    std::string text{'\x01',
                     static_cast<char>(type),
                     '\x00',
                     '\x01',
                     static_cast<char>(length >> 8),
                     static_cast<char>(length & 0xff),
                     '\x00',
                     '\x00'};
    return text.append(content);
}

std::string pair(std::string_view name, std::string_view value) {
    if (value.size() > longest_short)
        throw std::invalid_argument("too long for a FastCGI parameter: " + std::string(value));
    std::string text{static_cast<char>(name.size()), static_cast<char>(value.size())};
    return text.append(name).append(value);
}

}  // namespace

std::string fastcgi_request(std::string_view script) {
    constexpr std::string_view responder_without_keeping("\x00\x01\x00\x00\x00\x00\x00\x00", 8);
    const std::string params =
        pair("SCRIPT_FILENAME", script) + pair("REQUEST_METHOD", "GET") + pair("QUERY_STRING", "");
    return record(Record::begin_request, responder_without_keeping) +
           record(Record::params, params) + record(Record::params, {}) +
           record(Record::stdin_stream, {});
}

}  // namespace minetd::bench
