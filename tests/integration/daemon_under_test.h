// SPDX-License-Identifier: ISC
// The real binary, run as a person runs it: a configuration file, a process in the foreground, and
// what it prints. Everything is awaited by its event; nothing sleeps.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "daemon/os/unique_fd.h"

namespace minetd {

/// A directory that every user may enter, gone with all its contents at the end.
class TemporaryDirectory {
  public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

/// Sockets that it inherits, as a service manager passes them; borrowed.
struct PassedSocket {
    std::string name;
    int fd = -1;
};

struct LaunchOptions {
    std::string binary;                    ///< empty: $MINETD
    std::vector<std::string> arguments;    ///< beside --foreground and --config
    std::vector<std::string> environment;  ///< NAME=VALUE, beside the test's own
    std::optional<unsigned> descriptors;   ///< RLIMIT_NOFILE, soft and hard
    bool await_ready = true;
    std::vector<PassedSocket> passed;  ///< from descriptor 3 on
};

class DaemonUnderTest {
  public:
    /// Starts minetd on a configuration in which `{user}` is an unprivileged user (this one unless
    /// root), `{dir}` the test's directory, `{probe}` the probe program, and any other `{name}`
    /// a free port that keeps its number as long as the object lives. Braces around lines are
    /// xinetd's.
    explicit DaemonUnderTest(std::string_view configuration, LaunchOptions = {});
    /// Stops it if it still runs, and checks that this was graceful and clean.
    ~DaemonUnderTest();
    DaemonUnderTest(const DaemonUnderTest&) = delete;
    DaemonUnderTest& operator=(const DaemonUnderTest&) = delete;

    pid_t pid() const { return pid_; }
    std::uint16_t port(const std::string& name);
    const std::string& directory() const { return directory_.path(); }
    std::string file(const std::string& name) const { return directory_.path() + "/" + name; }
    /// The configuration's placeholders, filled in.
    std::string expand(std::string_view text);

    /// Replaces the configuration, without a signal.
    void configure(std::string_view configuration);
    void signal(int number) const;
    /// configure(), SIGHUP, and waits for the outcome; the line that told it.
    std::string reload(std::string_view configuration);

    /// Everything that was printed so far.
    std::string output();
    /// Waits until `text` has been printed after the first `from` bytes; the whole line with it.
    std::string await_output(std::string_view text, std::size_t from = 0);
    /// How many lines with `text` have been printed.
    int lines_with(std::string_view text);
    /// Waits until at least `count` lines with `text` have been printed.
    void await_lines(std::string_view text, int count);
    /// Waits until it is so; `what` names it in the message when it does not come true.
    void await(const std::function<bool()>& reached, const std::string& what);

    /// Its loop comes round: what it was to do before has been done.
    void await_loop();

    /// Waits for the end of the process; its wait status.
    int await_exit();
    /// TERM and await_exit().
    int stop();
    /// True as long as the process exists and has not ended.
    bool alive() const;

  private:
    void launch(const LaunchOptions&);
    void read_output();

    TemporaryDirectory directory_;
    std::map<std::string, std::uint16_t> ports_;
    pid_t pid_ = -1;
    std::optional<int> status_;
    UniqueFd pidfd_, output_fd_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string output_;
    bool output_ended_ = false;
    std::thread reader_;
};

/// The unprivileged user that services run as: nobody when started by root, else the caller.
std::string test_user();
uid_t test_uid();

/// Where a binary of the build is; throws when it was not said.
std::string from_environment(const char* name);

/// Writes a file that every user may read.
void write_file(const std::string& path, std::string_view text);
std::string read_file(const std::string& path);

}  // namespace minetd
