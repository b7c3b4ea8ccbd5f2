// SPDX-License-Identifier: ISC
#include "services/http/response_head.h"

#include <algorithm>

namespace minetd::http {
namespace {

struct Reason {
    int status;
    std::string_view text;
};

constexpr Reason reasons[] = {
    {200, "OK"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

// What stands between the status line and the moment is the same in every response.
constexpr std::string_view before_date = "\r\nServer: minetd/" MINETD_VERSION "\r\nDate: ";

}  // namespace

std::string_view reason_of(int status) noexcept {
    const auto row = std::ranges::find(reasons, status, &Reason::status);
    return row == std::end(reasons) ? std::string_view("Unknown") : row->text;
}

ResponseHead::ResponseHead(int status, std::time_t now) {
    text_.reserve(320);
    text_ += "HTTP/1.1 ";
    text_ += std::to_string(status);
    text_ += ' ';
    text_ += reason_of(status);
    text_ += before_date;
    text_ += view(format_date(now));
    text_ += "\r\n";
}

void ResponseHead::add(std::string_view name, std::string_view value) {
    text_ += name;
    text_ += ": ";
    text_ += value;
    text_ += "\r\n";
}

void ResponseHead::add(std::string_view name, std::uint64_t value) {
    add(name, std::to_string(value));
}

void replace_date(std::string& response, std::time_t now) noexcept {
    constexpr std::string_view ok = "HTTP/1.1 200 OK";
    const DateText date = format_date(now);
    std::ranges::copy(date, response.begin() + ok.size() + before_date.size());
}

std::string status_page(int status) {
    const std::string what = std::to_string(status) + ' ' + std::string(reason_of(status));
    return "<!DOCTYPE html>\n<html lang=\"en\"><head><title>" + what +
           "</title></head>\n<body><h1>" + what + "</h1></body></html>\n";
}

}  // namespace minetd::http
