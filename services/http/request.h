// SPDX-License-Identifier: ISC
// An HTTP request as it stands in a connection's input: where its head ends, and what it says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace minetd::http {

/// Finds the end of a request's head as its bytes arrive, each looked at once, and refuses what is
/// too large before it is whole.
class HeadScanner {
  public:
    static constexpr std::size_t line_max = 8190;  // Apache's LimitRequestLine and -FieldSize
    static constexpr std::size_t fields_max = 100;
    static constexpr std::size_t head_max = 32 * 1024;
    static constexpr int more = 0, whole = 200;

    /// `input` begins with the request, as it did in the last call. Returns `more`, `whole`, or the
    /// status to refuse the request with.
    int scan(std::string_view input) noexcept;
    /// The head of `input`, its blank line included; once it is whole.
    std::string_view head(std::string_view input) const noexcept {
        return input.substr(begin_, line_ - begin_);
    }
    /// How much of the input the head takes, and an empty line that stood before it.
    std::size_t size() const noexcept { return line_; }

  private:
    std::size_t begin_ = 0;    ///< of the head
    std::size_t line_ = 0;     ///< of the line that is not whole yet
    std::size_t scanned_ = 0;  ///< no line ends before here that is not counted
    std::size_t lines_ = 0;
};

/// What this server wants to know of a request. Texts are parts of the head it was parsed from.
struct Request {
    enum class Method : std::uint8_t { get, head, options, other };

    Method method = Method::other;
    bool is_1_1 = false;
    bool keep_alive = false;
    bool expects_continue = false;
    std::uint64_t content_length = 0;
    std::string_view target, host, range;
    // RFC 9110, 13.1; empty when there is none.
    std::string_view if_match, if_none_match, if_modified_since, if_unmodified_since, if_range;
    std::string joined_if_match, joined_if_none_match;  ///< holds what came in several lines

    bool is_conditional() const noexcept {
        return !(if_match.empty() && if_none_match.empty() && if_modified_since.empty() &&
                 if_unmodified_since.empty());
    }
};

/// Parses a whole head. Returns 0, or the status that refuses it; then the connection is to be
/// closed, since nobody knows where the next request begins.
int parse_request(std::string_view head, Request& request) noexcept;

}  // namespace minetd::http
