-- For wrk: sends the requests of a file by chance, each form with a key of its own, and says as JSON what came of them.
-- A line is one request: method, path, cookie and body, separated by tabs.
local requests = {}

local function key()
  return (string.gsub("xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx", "x", function()
    return string.format("%x", math.random(0, 15))
  end))
end

function init(args)
  math.randomseed(tonumber(args[2]))
  for line in io.lines(args[1]) do
    local method, path, cookie, body = string.match(line, "^(.-)\t(.-)\t(.-)\t(.*)$")
    local headers = { ["Cookie"] = cookie }
    if method == "POST" then headers["Content-Type"] = "application/x-www-form-urlencoded" end
    local whole = wrk.format(method, path, headers, method == "POST" and body or nil)
    requests[#requests + 1] = { method = method, path = path, headers = headers, body = body, whole = whole }
  end
end

function request()
  local one = requests[math.random(#requests)]
  if one.method == "GET" then return one.whole end
  return wrk.format(one.method, one.path, one.headers, (string.gsub(one.body, "{key}", key())))
end

function done(summary, latency)
  local failed = summary.errors
  io.write(string.format(
    '\n{"count": %d, "seconds": %f, "p50": %f, "p99": %f, "failed": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    failed.connect + failed.read + failed.write + failed.status + failed.timeout))
end
