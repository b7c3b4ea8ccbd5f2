// SPDX-License-Identifier: ISC
// The only file that knows Boost.Beast.
#include "services/http/request.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>

namespace minetd::http {
namespace {

namespace beast = boost::beast::http;
using boost::beast::error_code;
using BeastView = boost::beast::string_view;

std::string_view view(BeastView text) noexcept {
    return {text.data(), text.size()};
}

Request::Method method_of(beast::verb verb) noexcept {
    switch (verb) {
        case beast::verb::get:
            return Request::Method::get;
        case beast::verb::head:
            return Request::Method::head;
        case beast::verb::options:
            return Request::Method::options;
        default:
            return Request::Method::other;
    }
}

bool is_host(std::string_view host) noexcept {
    constexpr std::string_view others = "-._~!$&'()*+,;=:%[]";
    for (const char c : host) {
        const bool plain =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!plain && others.find(c) == others.npos) return false;
    }
    return true;
}

/// Whether a request line is whole but for the number of its version.
bool names_version(std::string_view head) noexcept {
    constexpr std::string_view form = " HTTP/1.1";
    const std::string_view line = head.substr(0, head.find('\r'));
    if (line.size() < form.size() || std::ranges::count(line, ' ') != 2) return false;
    const std::string_view version = line.substr(line.size() - form.size());
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return version.starts_with(form.substr(0, 6)) && is_digit(version[6]) && version[7] == '.' &&
           is_digit(version[8]);
}

class Parser final : public beast::basic_parser<true> {
  public:
    Parser(std::string_view head, Request& request) noexcept : head_(head), request_(request) {
        header_limit(static_cast<std::uint32_t>(HeadScanner::head_max) + 2);
        skip(true);
    }

    int parse() noexcept {
        error_code error;
        try {
            put(boost::asio::buffer(head_.data(), head_.size()), error);
        } catch (const std::exception&) {
            return 500;
        }
        if (status_ != 0) return status_;
        if (error == beast::error::bad_version) return names_version(head_) ? 505 : 400;
        if (error) return 400;
        if (!is_header_done()) return 400;
        return judge();
    }

  private:
    int judge() noexcept {
        if (hosts_ > 1 || (hosts_ == 0 && request_.is_1_1) || !is_host(request_.host)) return 400;
        if (transfer_encodings_ > 0) {
            // Two lengths, or a framing that HTTP/1.0 does not have: an attempt at smuggling.
            if (lengths_ > 0 || transfer_encodings_ > 1 || !request_.is_1_1) return 400;
            return chunked() ? 411 : 501;
        }
        request_.keep_alive = keep_alive();
        request_.expects_continue = request_.expects_continue && request_.is_1_1;
        return 0;
    }

    void fail(int status, error_code& error) noexcept {
        status_ = status;
        error = beast::error::bad_value;
    }

    void on_request_impl(beast::verb verb, BeastView, BeastView target, int version,
                         error_code& error) override {
        if (verb == beast::verb::unknown) return fail(501, error);
        request_.method = method_of(verb);
        request_.target = view(target);
        request_.is_1_1 = version == 11;
    }

    void on_field_impl(beast::field name, BeastView text, BeastView raw,
                       error_code& error) override {
        (void)text;
        const std::string_view value = view(raw);
        // A folded line is unfolded into a buffer of the parser's; RFC 9112, 5.2 lets us refuse it.
        if (!value.empty() &&
            (value.data() < head_.data() || value.data() >= head_.data() + head_.size()))
            return fail(400, error);
        switch (name) {
            case beast::field::host:
                ++hosts_;
                request_.host = value;
                break;
            case beast::field::content_length:
                set_length(value, error);
                break;
            case beast::field::transfer_encoding:
                ++transfer_encodings_;
                break;
            case beast::field::expect:
                if (!boost::beast::iequals(raw, "100-continue")) return fail(417, error);
                request_.expects_continue = true;
                break;
            case beast::field::range:
                return set_once(request_.range, value, error);
            case beast::field::if_match:
                join(request_.if_match, request_.joined_if_match, value);
                break;
            case beast::field::if_none_match:
                join(request_.if_none_match, request_.joined_if_none_match, value);
                break;
            case beast::field::if_modified_since:
                return set_once(request_.if_modified_since, value, error);
            case beast::field::if_unmodified_since:
                return set_once(request_.if_unmodified_since, value, error);
            case beast::field::if_range:
                return set_once(request_.if_range, value, error);
            default:
                break;
        }
    }

    void set_length(std::string_view value, error_code& error) noexcept {
        if (++lengths_ > 1 || value.empty()) return fail(400, error);
        std::uint64_t length = 0;
        for (const char c : value) {
            if (c < '0' || c > '9') return fail(400, error);
            if (length > (UINT64_MAX - 9) / 10) return fail(413, error);
            length = length * 10 + static_cast<std::uint64_t>(c - '0');
        }
        request_.content_length = length;
    }

    void set_once(std::string_view& field, std::string_view value, error_code& error) noexcept {
        if (!field.empty()) return fail(400, error);
        field = value;
    }

    static void join(std::string_view& field, std::string& joined, std::string_view value) {
        if (!field.empty()) {
            joined = std::string(field) + ", ";
            joined += value;
            value = joined;
        }
        field = value;
    }

    // With skip() there is no body, and a request has no status line.
    void on_response_impl(int, BeastView, int, error_code&) override {}
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(BeastView, error_code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, BeastView, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, BeastView, error_code&) override { return 0; }
    void on_finish_impl(error_code&) override {}

    std::string_view head_;
    Request& request_;
    int status_ = 0;
    int hosts_ = 0, lengths_ = 0, transfer_encodings_ = 0;
};

}  // namespace

int parse_request(std::string_view head, Request& request) noexcept {
    return Parser(head, request).parse();
}

}  // namespace minetd::http
