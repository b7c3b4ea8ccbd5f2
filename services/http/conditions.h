// SPDX-License-Identifier: ISC
// Whether a request's conditions (RFC 9110, 13) allow an answer in full. Pure.
#pragma once

#include <cstdint>
#include <ctime>
#include <string_view>

#include "services/http/request.h"

namespace minetd::http {

/// What tells one state of a file from another.
struct Validators {
    std::string_view etag;  ///< quoted, W/ before it when it is weak
    std::time_t modified = 0;
};

enum class Verdict : std::uint8_t {
    serve,
    not_modified,  ///< 304: the client has it
    failed,        ///< 412: the client wants another state of it
};

/// In the order of RFC 9110, 13.2.2. A date that is none is no condition.
Verdict judge(const Request& request, const Validators& current) noexcept;

/// Whether If-Range lets a Range be answered in part. An entity tag must be strong and the same; a
/// date must be Last-Modified's, of a file that has not changed for a minute before `now`, since
/// within a second it may have changed twice.
bool range_applies(const Request& request, const Validators& current, std::time_t now) noexcept;

}  // namespace minetd::http
