// SPDX-License-Identifier: ISC
// Which media type a file's name says it has.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace minetd::http {

class MediaTypes {
  public:
    /// Reads a file in the form of mime.types(5): a type and its extensions on each line. Where it
    /// cannot be read, and for what it does not name, the common types are known anyway.
    explicit MediaTypes(const char* file = "/etc/mime.types");

    /// As a Content-Type field has it: text is said to be UTF-8. Unknown and missing extensions are
    /// application/octet-stream. Valid as long as this object.
    std::string_view of(std::string_view path) const noexcept;

  private:
    struct Row {
        std::uint32_t extension, type;  ///< where their texts begin, each behind its length
    };
    void add(std::string_view line);
    std::uint32_t keep(std::string_view text);
    std::string_view text(std::uint32_t at) const noexcept;

    std::string texts_;  // packed: a process that serves files may be one of hundreds
    std::vector<Row> rows_;
};

}  // namespace minetd::http
