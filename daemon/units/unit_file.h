// SPDX-License-Identifier: ISC
// A unit file as text, and the quoting of its values: systemd.syntax(7), systemd.service(5)
// "Command lines", systemd.unit(5) "Specifiers".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace minetd {

/// One word of a value that is split into words (Environment=, ReadWritePaths=): in double quotes
/// where it needs them; `%` is doubled.
std::string unit_word(std::string_view text);
/// The same for a word of ExecStart= behind the program, where `$` means something too.
std::string unit_argument(std::string_view text);
/// A value that is taken as it stands but for `%`. Nothing where it cannot be written so: with
/// control characters, blanks at its ends or a backslash at its end.
std::optional<std::string> unit_value(std::string_view text);
/// Text in which only backslashes and `%` mean something (StandardInputText=).
std::string unit_text(std::string_view text);
/// A part of a unit's name: what cannot be in it becomes `_`.
std::string unit_name(std::string_view text);

class UnitFile {
  public:
    explicit UnitFile(std::string name) : name_(std::move(name)) {}

    const std::string& name() const noexcept { return name_; }
    /// `value` is quoted already. Sections are in the order of their first line.
    void set(std::string_view section, std::string_view key, std::string_view value);
    /// A line of words for whoever reads it; control characters are shown as `?`.
    void remark(std::string_view section, std::string_view text);
    std::string text() const;
    bool empty() const noexcept { return sections_.empty(); }

  private:
    std::string& lines_of(std::string_view section);

    std::string name_;
    std::vector<std::pair<std::string, std::string>> sections_;
};

}  // namespace minetd
