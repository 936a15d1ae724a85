"""Microsoft.Insights: metrics of online endpoints, autoscale settings and metric alerts, evaluated on what was seen."""
