// SPDX-License-Identifier: ISC
#include <cstring>

#include "services/http/request.h"

namespace minetd::http {

int HeadScanner::scan(std::string_view input) noexcept {
    const char* const bytes = input.data();
    while (scanned_ < input.size()) {
        const void* const found = std::memchr(bytes + scanned_, '\n', input.size() - scanned_);
        if (found == nullptr) {
            scanned_ = input.size();
            break;
        }
        const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - bytes);
        // What one program takes for the end of a line and another does not is how requests are
        // smuggled.
        if (end == line_ || bytes[end - 1] != '\r') return 400;
        const std::size_t length = end - 1 - line_;
        if (length > line_max) return lines_ == 0 ? 414 : 431;
        scanned_ = line_ = end + 1;
        if (length == 0) {
            if (lines_ > 0) return line_ - begin_ > head_max ? 431 : whole;
            if (begin_ > 0) return 400;
            begin_ = line_;  // one empty line before a request is forgiven (RFC 9112, 2.2)
        } else if (++lines_ > fields_max + 1) {
            return 431;
        }
    }
    if (input.size() - line_ > line_max + 1) return lines_ == 0 ? 414 : 431;
    return input.size() - begin_ > head_max ? 431 : more;
}

}  // namespace minetd::http
