// SPDX-License-Identifier: ISC
// The text of a response's head, and of the small pages that say why there is nothing better.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "services/http/date.h"

namespace minetd::http {

/// `Not Found` for 404; every status that this server gives has one.
std::string_view reason_of(int status) noexcept;

class ResponseHead {
  public:
    /// Begins with the status line, Server and Date.
    ResponseHead(int status, std::time_t now);

    void add(std::string_view name, std::string_view value);
    void add(std::string_view name, std::uint64_t value);
    /// With the empty line that ends it.
    std::string finish() {
        text_ += "\r\n";
        return std::move(text_);
    }

  private:
    std::string text_;
};

/// Puts another moment into a response that begins with a ResponseHead of status 200.
void replace_date(std::string& response, std::time_t now) noexcept;

/// `404 Not Found` as a page of HTML.
std::string status_page(int status);
constexpr std::string_view status_page_type = "text/html; charset=utf-8";

}  // namespace minetd::http
