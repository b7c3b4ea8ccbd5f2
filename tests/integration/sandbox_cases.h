// SPDX-License-Identifier: ISC
// What each sandbox forbids, as cases for every way of serving a program and a module: what is
// tried inside (forbidden.h), and the kernel's answer.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tests/integration/daemon_under_test.h"

namespace minetd {

/// Files beside /tmp, which a service may have for itself: programs and modules to be served, and
/// what they try to reach.
class Ground {
  public:
    Ground();
    ~Ground();
    Ground(const Ground&) = delete;
    Ground& operator=(const Ground&) = delete;

    /// A root directory in which the probe can run, and the module be opened.
    void make_jail() const;
    /// `@` is the ground's directory.
    std::string fill(std::string text) const;

  private:
    void install(const std::string& below) const;

    std::string path_;
};

struct SandboxedWay {
    const char* serve;
    const char* program;  ///< AT is where the ground is for the service
    const char* more = "";
    bool module = false;
};
std::span<const SandboxedWay> sandboxed_ways() noexcept;

struct SandboxCase {
    const char* name;
    const char* settings;
    std::vector<std::pair<const char*, const char*>> tries;  ///< what is tried, and the answer
    bool root = false;                                       ///< takes root
    const char* user = "{user}";
    bool jailed = false;
};
const std::vector<SandboxCase>& sandbox_cases();

/// Why a case cannot be tried here; empty if it can.
std::string missing(const SandboxCase& one);

/// The line of a service called as the case, and its section.
std::string configured(const Ground& ground, const SandboxedWay& way, const SandboxCase& one,
                       const std::string& settings);

/// Each try of the case has its answer.
void check_tries(DaemonUnderTest& daemon, const Ground& ground, const SandboxCase& one);

}  // namespace minetd
