// SPDX-License-Identifier: ISC
// A minetd whose binary can be exchanged under it: it is started by a name of the test's, behind
// which there can be another file.
#pragma once

#include <string>
#include <string_view>

#include "tests/integration/daemon_under_test.h"

namespace minetd {

class Upgradable {
  public:
    explicit Upgradable(std::string_view configuration, LaunchOptions options = {});

    DaemonUnderTest& daemon() { return *daemon_; }
    std::uint16_t port(const std::string& name) { return daemon_->port(name); }
    std::string file(const std::string& name) const { return directory_.path() + "/" + name; }

    /// From now on the binary is this file.
    void install(const std::string& file);
    /// A shell script, which finds the real one in $MINETD.
    void install_script(const std::string& text);
    void uninstall();
    /// SIGUSR2, and waits for the outcome; the line that told it.
    std::string upgrade();
    /// The outcome of one that runs, told after the first `from` bytes.
    std::string await_outcome(std::size_t from);
    /// upgrade(), which has to go well.
    void must_upgrade();

  private:
    TemporaryDirectory directory_;
    std::optional<DaemonUnderTest> daemon_;
};

}  // namespace minetd
