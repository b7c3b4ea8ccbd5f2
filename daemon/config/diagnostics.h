// SPDX-License-Identifier: ISC
// What is wrong with a configuration, and where. Everything is collected, so that one look at a
// file tells every mistake in it; who collects decides what is fatal.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace minetd {

/// A place in a configuration file. Lines and columns count from 1; 0 is "not known".
/// Two places never differ: where a thing was written is not part of what it says.
struct Where {
    std::shared_ptr<const std::string> file;
    unsigned line = 0;
    unsigned column = 0;
    std::string text;  ///< the physical line, for the caret; may be empty

    bool operator==(const Where&) const { return true; }
    /// "file:line:column", leaving out what is not known.
    std::string str() const;
};

enum class Severity { warning, error };

struct Diagnostic {
    Severity severity = Severity::error;
    Where where;
    std::string message;
    std::string advice;  ///< what to do; may be empty
};

/// Collects diagnostics in the order in which they were found.
class Diagnostics {
  public:
    void error(const Where& where, std::string message, std::string advice = {});
    /// Of a generated file there may be very many; so many more are told as one.
    void warning(const Where& where, std::string message, std::string advice = {});
    static constexpr std::size_t most_warnings = 500;

    bool failed() const { return errors_ > 0; }
    unsigned errors() const { return errors_; }
    const std::vector<Diagnostic>& all() const { return all_; }

  private:
    std::vector<Diagnostic> all_;
    unsigned errors_ = 0;
};

/// The message as a person reads it: `file:line:column: message`, the line, a caret, the advice.
/// Control bytes of the file are shown as \xHH; a long line is cut around the caret.
std::string render(const Diagnostic& diagnostic);

/// One line without the excerpt, for a log, which tells the severity itself:
/// `file:line:column: message; advice`.
std::string summary(const Diagnostic& diagnostic);

}  // namespace minetd
