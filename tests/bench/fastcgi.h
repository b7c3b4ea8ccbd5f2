// SPDX-License-Identifier: ISC
// The little of the FastCGI protocol (specification 1.0) that asks php-fpm for one script.
#pragma once

#include <string>
#include <string_view>

namespace minetd::bench {

/// A whole request, GET without a body, whose connection is closed after the answer. `script` is
/// the path of a file, shorter than 128 bytes. Throws std::invalid_argument for a longer one.
std::string fastcgi_request(std::string_view script);

}  // namespace minetd::bench
